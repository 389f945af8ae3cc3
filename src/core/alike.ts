/** Whether two values of plain data (arrays, objects, what is neither) say the same. Not for maps and sets. */
export const isAlike = (one: unknown, other: unknown): boolean => {
  if (one === other) return true;
  if (Array.isArray(one) || Array.isArray(other)) {
    if (!Array.isArray(one) || !Array.isArray(other) || one.length !== other.length) return false;
    return one.every((each, at) => isAlike(each, other[at]));
  }
  if (!hasFields(one) || !hasFields(other)) return false;
  const fields = Object.keys(one);
  return (
    fields.length === Object.keys(other).length &&
    fields.every((field) => Object.hasOwn(other, field) && isAlike(one[field], other[field]))
  );
};

const hasFields = (value: unknown): value is { readonly [field: string]: unknown } =>
  typeof value === 'object' && value !== null;
