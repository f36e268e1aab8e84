/** What can go wrong with a private share, by name: the code is for programs, the message for people. */
export type PrivateShareErrorCode =
  | 'needs-password' // the share opens with a password beside its link
  | 'wrong-password'
  | 'not-ours' // what the link names was not sealed with the link's secret, or is no private share
  | 'unsupported' // sealed by a later version of the format
  | 'bad-listing' // opened, and says what no honest sender would
  | 'damaged' // a record does not open: altered, cut, swapped or moved
  | 'file-changed' // a file is no longer what was sealed
  | 'invalid-argument'

export class PrivateShareError extends Error {
  override readonly name = 'PrivateShareError'
  readonly code: PrivateShareErrorCode

  constructor(code: PrivateShareErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}
