/** The package has no types of its own. */
declare module 'cluster-key-slot' {
  const calculateSlot: (key: string | Buffer) => number;
  export = calculateSlot;
}
