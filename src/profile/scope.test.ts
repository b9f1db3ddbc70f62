import assert from 'node:assert/strict';
import { Node } from '../graph/node';
import { scopeOf } from './scope';

const scope = (name: string, opType = 'Conv'): string => scopeOf(new Node({ opType, name, inputs: [], outputs: [] }));

describe('profile/scope', () => {
  it('takes a name for a path, its last part for the node', () => {
    assert.equal(scope('/encoder/layer.0/attention/MatMul'), 'encoder/layer.0/attention');
    assert.equal(scope('/layer1/layer1.0/Conv'), 'layer1/0');
    assert.equal(scope('stem.conv'), 'stem');
    assert.equal(scope('conv'), '');
  });

  it('does not take the kind of a node for a scope', () => {
    assert.equal(scope('net.Conv.7'), 'net');
    assert.equal(scope('net.Conv.7', 'Relu'), 'net/Conv');
  });
});
