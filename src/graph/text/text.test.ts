import assert from 'node:assert/strict';
import { Attribute } from '../attribute';
import { decodeModel } from '../fromOnnx';
import { encodeModel } from '../toOnnx';
import { float32Literal, floatAttributeLiteral, quoted } from './literals';
import { parseModel } from './parse';
import { printModel } from './print';

const golden = `<
   ir_version: 10,
   opset_import: ["" : 21, "com.microsoft" : 1],
   producer_name: "a \\"tool\\"",
   model_version: 7,
   metadata_props: ["key": "value"]
>
net (float["batch size", ?, 3] x, int64[N] "ids:0", seq(float[]) s) => (float[] y, z)
   <float[2] "w.0" = {0.1, -1.5e-7},
    float16[1] h = {15360},
    int4[3] q = {225, 3},
    string[2] t = {"a\\\\b", "c"},
    bool b = {1},
    float[3] odd = {nan, inf, -inf},
    float[?, "2*N"] inner>
{
   ["n/1"] inner, "" = com.microsoft.Foo:v2 <alpha: float = 1.0, axes: ints = [0, -9223372036854775808], none: ints = [], mode: string = "x", value: tensor = int64 {3}, kind: type_proto = seq(float[2])> (x, "", "w.0")
   y, z = If (b) <then_branch: graph = yes () => (p, p2)
   {
      p = Neg (inner)
      p2 = Identity (p)
   }, else_branch: graph = no () => (float[1] r, r2)
      <float[1] r = {2}>
   {
      r2 = Loop (b) <body: graph = deep (u) => (u)
      {
      }>
   }>
}

<
   domain: "local",
   opset_import: ["" : 18]
>
f <gamma, beta: float = 0.5> (a, c) => (d)
{
   d = Add <k: float = @beta> (a, c)
}
`;

describe('ONNX text', () => {
  it('prints what it parsed, to the letter', () => {
    assert.equal(printModel(parseModel(golden)).text, golden);
  });

  it('survives a way through the binary format', () => {
    const model = decodeModel(encodeModel(parseModel(golden)));
    assert.equal(printModel(model).text, golden);
    assert.deepEqual(printModel(model).omitted, []);
  });

  it('knows the line of every node, those of bodies too', () => {
    const { text, nodeLines } = printModel(parseModel(golden));
    const lines = text.split('\n');
    assert.equal(nodeLines.size, 6);
    for (const [node, line] of nodeLines) assert.ok(lines[line]?.includes(node.opType), `${node.opType} at ${line}`);
  });

  it('elides long tensors for the eye, and then says why it cannot be parsed', () => {
    const { text } = printModel(parseModel(golden), { elideOver: 2 });
    assert.match(text, /float\[3\] odd = \.\.\.,/);
    assert.throws(() => parseModel(text), /line \d+, column \d+: the contents of "q" were left out/);
  });

  it('lists what the grammar has no words for', () => {
    const model = parseModel(golden);
    const [node] = model.graph.nodes();
    node!.docString = 'why';
    node!.setAttribute(new Attribute('many', { kind: 'tensors', value: [] }));
    const { omitted } = printModel(model);
    assert.deepEqual([...omitted].sort(), ['attributes of kind tensors', 'documentation of nodes']);
  });

  it('resolves names of outer graphs in bodies', () => {
    const model = parseModel(golden);
    const [foo] = model.graph.nodes();
    const inner = foo!.output(0)!;
    assert.deepEqual(
      inner.consumers().map((node) => node.opType),
      ['Neg'],
    );
  });

  for (const [what, text, message] of [
    ['an unknown input', '<ir_version: 8> g (x) => (y) { y = Relu (q) }', /line 1.*"q" is computed by no node/],
    ['an unknown output', '<ir_version: 8> g (x) => (y) { }', /output "y" is computed by no node/],
    ['too few elements', 'g () => () <float[2] w = {1}> { }', /takes 2 literals, the text has 1/],
    ['a fraction in an integer tensor', 'g () => () <int8[1] w = {1.5}> { }', /not a whole number/],
    ['a string without end', 'g () => () { y = F <a = "b> () }', /does not end/],
    ['a wrong attribute type', 'g () => () { y = F <a: int = 1.5> () }', /a float stands where a int was declared/],
    ['an empty list of no type', 'g () => () { y = F <a = []> () }', /has to say its type/],
    ['an end too soon', 'g () => () { y = F', /found the end/],
  ] as const) {
    it(`says where ${what} is`, () => assert.throws(() => parseModel(text), { code: 'invalid-model', message }));
  }

  it('writes the shortest number that reads back the same', () => {
    for (const value of [0.1, 1 / 3, 1e-45, 3.4028234663852886e38, 16777217, -0, 123456.789]) {
      const float = Math.fround(value);
      assert.equal(Math.fround(Number(float32Literal(float))), float);
    }
    assert.equal(float32Literal(Math.fround(0.1)), '0.1');
    assert.equal(float32Literal(100000), '100000');
    assert.equal(floatAttributeLiteral(1), '1.0');
    assert.equal(quoted('a"b\\'), '"a\\"b\\\\"');
  });
});
