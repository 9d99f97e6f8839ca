// As an application sees the packages.
export * from '../../lib/angular.js';
export * from '../../lib/index.js';
