/**
 * Lets a prototype be disposed of by `await using`. To be called again before each use: a polyfill may define the symbol
 * late. Where there is none it is the one that compilers use in its place.
 */
export function disposeBy<T extends object>(prototype: T, dispose: (this: T) => Promise<void>): void {
  const { asyncDispose = Symbol.for('Symbol.asyncDispose') } = Symbol as { readonly asyncDispose?: symbol };
  if (!Object.hasOwn(prototype, asyncDispose)) {
    Reflect.defineProperty(prototype, asyncDispose, { value: dispose, configurable: true, writable: true });
  }
}
