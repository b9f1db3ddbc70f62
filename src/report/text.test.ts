import assert from 'node:assert/strict';
import { toDelimited } from './delimited';
import { shortenLeft, visibleName } from './text';

describe('report/text', () => {
  it('spells out what is invisible and keeps what is not', () => {
    assert.equal(visibleName('a\nb\u202Ec\u0000\u001b[31m\u200B'), 'a\\nb\\u{202e}c\\0\\u{1b}[31m\\u{200b}');
    assert.equal(visibleName('/encoder/слой.0/層 é 😀'), '/encoder/слой.0/層 é 😀');
    assert.equal(visibleName('\ud800'), '\\u{d800}');
  });

  it('shortens from the left by characters, not by halves of them', () => {
    assert.equal(shortenLeft('fire2/squeeze1x1', 9), '…ueeze1x1');
    assert.equal(shortenLeft('conv1', 9), 'conv1');
    assert.equal(shortenLeft('a😀😀', 2), '…😀');
  });
});

describe('report/delimited', () => {
  it('quotes, doubles quotes and leaves numbers plain', () => {
    assert.equal(toDelimited([['a,b', 'say "x"', 1.5, null, Infinity]], ','), '"a,b","say ""x""",1.5,,\r\n');
    assert.equal(toDelimited([['a,b', 'c\td', 'e\nf']], '\t'), 'a,b\t"c\td"\t"e\nf"\r\n');
  });

  it('lets no name run as a formula', () => {
    assert.equal(toDelimited([['=1+1', '+x', '-x', '@x', -1]], ','), "'=1+1,'+x,'-x,'@x,-1\r\n");
  });
});
