/** No bytes: the initial value of memory that is allocated later. Not for messages that come: their payloads are transferred. */
export const NO_BYTES: Uint8Array = /* @__PURE__ */ new Uint8Array(0);
