/** A new offer's id: 20 characters of latin-1, at random, for whoever knows an offer's id may answer it. */
export function createOfferId(): string {
  return String.fromCharCode(...crypto.getRandomValues(new Uint8Array(20)))
}
