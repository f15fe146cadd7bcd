// What the bundler makes of an imported style: a part of the page's one style sheet, and no value.
declare module '*.css';
