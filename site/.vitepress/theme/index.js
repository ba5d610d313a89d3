// VitePress's own theme, with the fonts of the visitor's system and the demo's colours.
import theme from "vitepress/theme-without-fonts";
import "./colours.css";

export default theme;
