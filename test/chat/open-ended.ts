// Which results hold something of any length, as their schemas say.
/** Whether something of any length is in a result, by its schema. */
export function isOpenEnded(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  const { type, anyOf, properties, patternProperties, items, title } = schema as Record<string, unknown>;
  if (title === 'AuthData') return false; // claims are as long as tokens may be
  if (items !== undefined || patternProperties !== undefined) return true;
  if (Array.isArray(anyOf)) return anyOf.some(isOpenEnded);
  if (properties !== undefined) return Object.values(properties as object).some(isOpenEnded);
  return type === 'object' || type === undefined;
}
