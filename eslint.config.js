import js from '@eslint/js';
import tseslint from 'typescript-eslint';

const NAMED_EXPORTS = { selector: 'ExportDefaultDeclaration', message: 'Exports are named.' };

export default tseslint.config(
  {
    ignores: [
      '**/dist',
      'node_modules',
      'bench/.out',
      'chaos/.out',
      '**/.programs-*',
      'docs/.vitepress/dist',
      'docs/.vitepress/cache',
      'spec/testing/.runners-*',
      'spec/nestjs/.out-*',
      'examples/angular',
    ],
  },
  js.configs.recommended,
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/prefer-for-of': 'off',
      '@typescript-eslint/unbound-method': ['error', { ignoreStatic: true }],
      'no-restricted-syntax': ['error', NAMED_EXPORTS],
    },
  },
  {
    files: ['lib/**/*.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-globals': ['error', 'setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask'],
    },
  },
  {
    // What is made for each client or connection. See docs/performance.md.
    files: ['lib/{client,connection,session,store,stream,transport,verbs}/**/*.ts'],
    rules: {
      'no-restricted-syntax': [
        'error',
        NAMED_EXPORTS,
        {
          selector:
            ':matches(AssignmentExpression[left.type="MemberExpression"] > .right, PropertyDefinition > .value):matches(ArrowFunctionExpression, FunctionExpression)',
          message:
            'V8 keeps a function that is assigned to a property where it is made, and all that it holds, until a major collection. Make it a method, or a constant first.',
        },
      ],
    },
  },
  {
    files: ['spec/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-empty-function': 'off',
    },
  },
  {
    files: ['examples/nest/*.ts', 'spec/nestjs/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off', // options of Nest are classes in name only
      '@typescript-eslint/no-unnecessary-type-arguments': 'off', // EventPattern<string> chooses an overload
      '@typescript-eslint/no-extraneous-class': 'off', // modules of Nest are empty
    },
  },
  { files: ['**/*.js', '**/*.mjs'], languageOptions: { globals: { process: 'readonly', console: 'readonly' } } },
);
