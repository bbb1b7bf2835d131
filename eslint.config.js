import js from '@eslint/js';
import prettier from 'eslint-config-prettier/flat';
import vue from 'eslint-plugin-vue';
import { defineConfig, globalIgnores } from 'eslint/config';
import tseslint from 'typescript-eslint';

const typed = ['**/*.ts', '**/*.vue'];

export default defineConfig(
  globalIgnores(['out/', 'dist/', '.runtime/', '.cache/', 'results/', 'test-results/', 'playwright-report/']),
  js.configs.recommended,
  {
    files: typed,
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: {
        parser: tseslint.parser,
        project: './tsconfig.json',
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
        [
          'AbortController',
          'Buffer',
          'URL',
          'clearTimeout',
          'console',
          'fetch',
          'performance',
          'process',
          'setTimeout',
        ].map((name) => [name, 'readonly']),
      ),
    },
  },
  { files: ['src/**/*.ts'], rules: { 'max-lines': ['error', 400] } },
  { files: ['src/**/*.vue'], rules: { 'max-lines': ['error', 250] } },
  prettier,
);
