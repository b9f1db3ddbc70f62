/**
 * What the file held and the IR does not model (unknown fields, newer messages), carried along untouched so that a
 * read and a write lose nothing. Only fromOnnx and toOnnx look inside.
 */
export interface Residue {
  readonly message: unknown;
}
