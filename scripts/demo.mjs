// npm run demo: a real model from an npm package, made smaller on real images, before and after measured.
import './demo/main.ts';
