/**
 * What the file held and the IR does not model (unknown fields, newer messages), carried along untouched so that a
 * read and a write lose nothing. Only fromOnnx and toOnnx look inside.
 */
export interface Residue {
  readonly message: unknown;
  /** Names of the fields in it that the IR has no place for, for those who tell a person what a view leaves out. */
  readonly fields?: readonly string[];
}
