// Numbers of clients and verifiers. They count on when wasm is begun anew: to it, an older one means nothing, and what it
// stands for is opened again.

let last = 0;

export const nextHandle = () => (last += 1);
