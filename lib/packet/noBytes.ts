/** No bytes: one empty array for all who need one. */
export const NO_BYTES: Uint8Array = /* @__PURE__ */ new Uint8Array(0);
