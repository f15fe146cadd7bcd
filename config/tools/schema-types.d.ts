/**
 * The types of typebox that the declarations of the protocol use, so that the types of the client library need no package.
 * A test holds them to what the real ones give.
 */

/** A schema of values of this type. The key is in no value. */
export interface TSchema<T = unknown> {
  readonly '~static'?: T;
}

export interface TOptional<S extends TSchema> {
  readonly '~optional': S;
}

export type TString = TSchema<string>;
export type TInteger = TSchema<number>;
export type TBoolean = TSchema<boolean>;
export type TNull = TSchema<null>;
export type TLiteral<T> = TSchema<T>;
export type TUnsafe<T> = TSchema<T>;
export type TArray<S extends TSchema> = TSchema<Static<S>[]>;
export type TUnion<S extends readonly TSchema[]> = TSchema<Static<S[number]>>;
export type TRecord<_Key, S extends TSchema> = TSchema<{ [key: string]: Static<S> }>;

type Fields = { readonly [key: string]: TSchema | TOptional<TSchema> };
type FieldOf<S> = S extends TOptional<infer O> ? Static<O> : Static<S>;
type ObjectOf<F extends Fields> = {
  [K in keyof F as F[K] extends TOptional<TSchema> ? never : K]: FieldOf<F[K]>;
} & { [K in keyof F as F[K] extends TOptional<TSchema> ? K : never]?: FieldOf<F[K]> };
export type TObject<F extends Fields> = TSchema<{ [K in keyof ObjectOf<F>]: ObjectOf<F>[K] }>;

export type Static<S> = S extends { readonly '~static'?: infer T } ? T : never;
