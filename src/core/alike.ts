/** Whether two values of plain data (arrays, objects, what is neither) say the same. Not for maps and sets. */
export const isAlike = (one: unknown, other: unknown): boolean => {
  if (one === other) return true;
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) return false;
  if (Array.isArray(one) !== Array.isArray(other)) return false;
  const fields = Object.entries(one);
  const others: { readonly [field: string]: unknown } = { ...other };
  return (
    fields.length === Object.keys(others).length &&
    fields.every(([field, value]) => field in others && isAlike(value, others[field]))
  );
};
