/** Names that no other file has. Not with node:crypto, which takes 15 ms to load: whoever makes the file fails when it is there. */

/** This process's number and eight hexadecimal digits of chance, to put into a name. */
export function uniqueSuffix(): string {
  const digits = Math.floor(Math.random() * 2 ** 32).toString(16);
  return `${process.pid}-${digits.padStart(8, '0')}`;
}
