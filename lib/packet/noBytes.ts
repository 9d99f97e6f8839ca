/** No bytes: the initial value of memory that is allocated later. Never a payload: applications may transfer payloads. */
export const NO_BYTES: Uint8Array = /* @__PURE__ */ new Uint8Array(0);
