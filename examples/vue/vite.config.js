import vue from "@vitejs/plugin-vue";

export default {
  // Addresses are relative, so that the page may lie in any folder of a server.
  base: "./",
  plugins: [vue()],
  optimizeDeps: { exclude: ["texelflow"] },
};
