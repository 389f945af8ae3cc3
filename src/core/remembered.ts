/**
 * A pure function of one value, whose answer is remembered for as long as that value lives. Values of the core never
 * change, so nobody can tell that it was not worked out again, but by the time that it takes.
 */
export const remembered = <Of extends object, Is>(work: (of: Of) => Is): ((of: Of) => Is) => {
  const known = new WeakMap<Of, { readonly is: Is }>();
  return (of) => {
    const found = known.get(of) ?? { is: work(of) };
    known.set(of, found);
    return found.is;
  };
};
