import assert from 'node:assert/strict';
import { PendingLayer } from './pendingLayer';

describe('the layer that a page is to show', () => {
  let told: string[];
  let pending: PendingLayer;
  beforeEach(() => {
    told = [];
    pending = new PendingLayer((layer) => told.push(layer));
  });

  it('is told at once to a page that has its numbers, each time', () => {
    pending.pageIsReady();
    pending.ask('a');
    pending.ask('a');
    assert.deepEqual(told, ['a', 'a']);
  });

  it('waits for the page, and is told once', () => {
    pending.ask('a');
    pending.ask('b');
    assert.deepEqual(told, []);
    pending.pageIsReady();
    pending.pageIsReady();
    assert.deepEqual(told, ['b']);
  });

  it('waits while the page is hidden or shows an error', () => {
    pending.pageIsReady();
    pending.pageIsGone();
    pending.ask('a');
    assert.deepEqual(told, []);
    pending.pageIsReady();
    assert.deepEqual(told, ['a']);
  });
});
