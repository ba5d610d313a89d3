import react from "@vitejs/plugin-react";

export default {
  // Addresses are relative, so that the page may lie in any folder of a server.
  base: "./",
  plugins: [react()],
  // Texelflow's worker is a module, and finds its parts beside it.
  worker: { format: "es" },
  optimizeDeps: { exclude: ["texelflow"] },
};
