import assert from 'node:assert/strict';
import { newNonce, pageHtml } from './html';

describe('host/page/html', () => {
  const parts = {
    script: 'https://x/result.js',
    style: 'https://x/result.css',
    language: 'en',
    title: '</title><script>',
  };

  it('allows nothing that does not carry the nonce', () => {
    const html = pageHtml(parts, 'NONCE');
    const policy = /Content-Security-Policy" content="([^"]*)"/.exec(html)?.[1] ?? '';
    assert.equal(
      policy,
      "default-src 'none'; script-src 'nonce-NONCE'; style-src 'nonce-NONCE'; base-uri 'none'; form-action 'none'",
    );
    for (const [tag] of html.matchAll(/<(script|link|style)\b[^>]*>/g)) assert.match(tag, /nonce="NONCE"/);
    assert.match(html, /<meta property="csp-nonce" content="NONCE">/);
  });

  it('shows a title as text', () => {
    assert.match(pageHtml(parts, 'n'), /<title>&#60;\/title&#62;&#60;script&#62;<\/title>/);
  });

  it('never uses a nonce twice', () => {
    const nonces = new Set(Array.from({ length: 100 }, newNonce));
    assert.equal(nonces.size, 100);
    assert.ok([...nonces].every((nonce) => nonce.length === 24));
  });
});
