// Compile-time assertions. `Equal` is the usual identity test: two types are the same if the compiler
// treats the two generic functions alike, so that `any` equals nothing but `any`.

export type Equal<A, B> =
  (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false;

export function same<A, B>(..._: Equal<A, B> extends true ? [] : [never]): void {}
