import { startBundle } from "./bundle/bundle.js";
import { startDigits } from "./digits/digits.js";

startDigits();
startBundle();
