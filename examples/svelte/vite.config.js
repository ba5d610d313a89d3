import { svelte } from "@sveltejs/vite-plugin-svelte";

export default {
  // Addresses are relative, so that the page may lie in any folder of a server.
  base: "./",
  plugins: [svelte()],
  optimizeDeps: { exclude: ["texelflow"] },
};
