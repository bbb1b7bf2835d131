/// <reference types="vite/client" />

// For tools that do not read .vue files (ESLint). vue-tsc finds the real component types.
declare module '*.vue' {
  import type { DefineComponent } from 'vue';
  const component: DefineComponent;
  export default component;
}
