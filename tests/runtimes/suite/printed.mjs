// Between these lines of its output a suite prints, on purpose, the errors and events that a test met.

export const PRINTED = "--- what a test met";
export const PRINTED_ALL = "--- that is all that a test met";
