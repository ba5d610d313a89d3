export default {
  base: "./",
  build: {
    rollupOptions: { input: "popup.html" },
    // What the policy of an extension does not allow is not tried either.
    modulePreload: false,
  },
};
