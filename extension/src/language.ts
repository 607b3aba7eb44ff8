import { Language, defineLanguageFacet, languageDataProp } from '@codemirror/language';
import {
  type Input,
  NodeSet,
  NodeType,
  Parser,
  type PartialParse,
  Tree,
  type TreeFragment,
  parseMixed
} from '@lezer/common';
import { styleTags, tags } from '@lezer/highlight';

const DATA = defineLanguageFacet();
const CELL = NodeType.define({ id: 0, name: 'Cell', top: true, props: [languageDataProp.add({ Cell: DATA })] });
const NODES = new NodeSet([
  CELL,
  NodeType.define({ id: 1, name: 'MagicLine' }),
  NodeType.define({ id: 2, name: 'Body' })
]).extend(styleTags({ MagicLine: tags.meta }));
const [cell, magicLine, body] = NODES.types;

/** Splits a cell into its first line and the rest; cells are short, so it does so in one step. */
class CellParse implements PartialParse {
  stoppedAt: number | null = null;
  parsedPos = 0;

  constructor(private readonly input: Input) {}

  advance(): Tree {
    const end = this.input.length;
    const lineEnd = this.input.read(0, end).indexOf('\n');
    this.parsedPos = end;
    if (lineEnd < 0) {
      return new Tree(cell, [new Tree(magicLine, [], [], end)], [0], end);
    }
    const start = lineEnd + 1;
    const parts = [new Tree(magicLine, [], [], lineEnd), new Tree(body, [], [], end - start)];
    return new Tree(cell, parts, [0, start], end);
  }

  stopAt(position: number): void {
    this.stoppedAt = position;
  }
}

class CellParser extends Parser {
  private readonly nest;

  constructor(bodyParser: Parser) {
    super();
    this.nest = parseMixed(node => (node.type === body ? { parser: bodyParser } : null));
  }

  createParse(
    input: Input,
    fragments: readonly TreeFragment[],
    ranges: readonly { from: number; to: number }[]
  ): PartialParse {
    return this.nest(new CellParse(input), input, fragments, ranges);
  }
}

/** A cell whose first line calls a magic and whose other lines are in the language of `bodyParser`. */
export function cellLanguage(name: string, bodyParser: Parser): Language {
  return new Language(DATA, new CellParser(bodyParser), [], name);
}
