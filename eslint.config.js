import js from '@eslint/js';
import prettier from 'eslint-config-prettier/flat';
import vue from 'eslint-plugin-vue';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const typed = ['**/*.ts', '**/*.vue'];

/** Packages with one owner each: everybody else goes through the owner's module. */
const owners = {
  electron: 'src/main (outside engine) or src/preload',
  sharp: 'src/main/engine/dataset',
  'onnxruntime-node': 'src/main/engine/runtimes',
  'onnxruntime-web': 'src/main/engine/runtimes',
  libsql: 'src/main/engine/store',
};
const fences = (...allowed) => [
  'error',
  {
    paths: Object.entries(owners)
      .filter(([name]) => !allowed.includes(name))
      .map(([name, owner]) => ({ name, message: `Import ${name} only in ${owner}.` })),
  },
];

export default defineConfig(
  globalIgnores(['out/', 'dist/', '.runtime/', '.cache/', 'results/', 'test-results/', 'playwright-report/']),
  js.configs.recommended,
  {
    files: typed,
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        parser: tseslint.parser,
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
        extraFileExtensions: ['.vue'],
      },
    },
    rules: {
      // The type checker knows every name, browser and Node alike.
      'no-undef': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // An interface may promise a promise where this implementation has nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      // Services here are objects of closures, made to be taken apart; none uses `this`.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
    },
  },
  // After the block above, whose parser would otherwise get the .vue files as well.
  ...vue.configs['flat/recommended'],
  {
    files: ['**/*.vue'],
    rules: {
      // A view is called what it is: Matrix.vue.
      'vue/multi-word-component-names': 'off',
      // Props are typed: `label?: string` says that undefined is the default.
      'vue/require-default-prop': 'off',
      // Vue 3 has no filters; what looks like one is a union type.
      'vue/no-deprecated-filter': 'off',
      // Without vue-tsc's view of templates and imported components these see `any` where there is none.
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    languageOptions: {
      globals: Object.fromEntries(
        ['Buffer', 'URL', 'clearTimeout', 'console', 'fetch', 'performance', 'process', 'setTimeout'].map((name) => [
          name,
          'readonly',
        ]),
      ),
    },
  },
  { files: ['src/**/*.ts'], rules: { 'max-lines': ['error', 400] } },
  { files: ['src/**/*.vue'], rules: { 'max-lines': ['error', 250] } },
  { files: ['src/**'], rules: { 'no-restricted-imports': fences() } },
  { files: ['src/main/**', 'src/preload/**'], rules: { 'no-restricted-imports': fences('electron') } },
  { files: ['src/main/engine/**'], rules: { 'no-restricted-imports': fences() } },
  { files: ['src/main/engine/dataset/**'], rules: { 'no-restricted-imports': fences('sharp') } },
  { files: ['src/main/engine/runtimes/**'], rules: { 'no-restricted-imports': fences('onnxruntime-node') } },
  { files: ['src/main/engine/store/**'], rules: { 'no-restricted-imports': fences('libsql') } },
  prettier,
);
