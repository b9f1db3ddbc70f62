/** Gives the protobuf library, which the tests compare with, our text coding: strings of a model may not be UTF-8. */
import { configureTextEncoding } from '@bufbuild/protobuf/wire';
import { decodeText, encodeText } from '../../src/onnx/text';

configureTextEncoding({ encodeUtf8: encodeText, decodeUtf8: decodeText, checkUtf8: () => true });
