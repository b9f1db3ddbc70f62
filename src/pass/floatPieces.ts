/** Where passes look for the reader of float weights: it is the graph's, so that profiles may use it too. */
export { FloatReader, isReadableFloat, pieceElements } from '../graph/floatPieces';
