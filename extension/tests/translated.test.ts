import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

import ts from 'typescript';

const SOURCES = path.resolve(__dirname, '../src');
/** Attributes and properties that a person reads or hears. */
const READ = /^(?:title|label|caption|placeholder|alt|okLabel|textContent|aria-(?:label|description|roledescription))$/;
const BUNDLE = /(?:^|\.)trans\.(?:__|_n|_p|_np|gettext|ngettext)$/;
const WORD = /\p{L}{2}/u;

/** The places in a file where words stand that no translator sees, each with its line. */
function untranslated(file: string, text: string): string[] {
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true, ts.ScriptKind.TSX);
  const found: string[] = [];
  const blame = (node: ts.Node) => {
    const { line } = source.getLineAndCharacterOfPosition(node.getStart(source));
    found.push(`${path.relative(SOURCES, file)}:${line + 1} ${node.getText(source).trim().slice(0, 60)}`);
  };

  /** What an expression may come to, if that is words as they stand here. */
  const words = (node: ts.Node | undefined): void => {
    if (node === undefined) {
      return;
    }
    if (ts.isStringLiteralLike(node)) {
      if (WORD.test(node.text)) {
        blame(node);
      }
    } else if (ts.isTemplateExpression(node)) {
      if ([node.head, ...node.templateSpans.map(span => span.literal)].some(piece => WORD.test(piece.text))) {
        blame(node);
      }
      node.templateSpans.forEach(span => words(span.expression));
    } else if (ts.isConditionalExpression(node)) {
      words(node.whenTrue);
      words(node.whenFalse);
    } else if (ts.isParenthesizedExpression(node) || ts.isJsxExpression(node)) {
      words(node.expression);
    } else if (ts.isArrowFunction(node) && !ts.isBlock(node.body)) {
      words(node.body);
    } else if (ts.isBinaryExpression(node)) {
      const sign = node.operatorToken.getText(source);
      if (['||', '??', '+'].includes(sign)) {
        words(node.left);
      }
      if (['||', '??', '+', '&&'].includes(sign)) {
        words(node.right);
      }
    }
  };

  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node) && WORD.test(node.text)) {
      blame(node);
    } else if (ts.isJsxExpression(node) && !ts.isJsxAttribute(node.parent)) {
      words(node);
    } else if (ts.isJsxAttribute(node) && READ.test(node.name.getText(source))) {
      words(node.initializer);
    } else if (ts.isPropertyAssignment(node) && READ.test(node.name.getText(source))) {
      words(node.initializer);
    } else if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
      const name = ts.isPropertyAccessExpression(node.left) ? node.left.name.text : '';
      if (READ.test(name)) {
        words(node.right);
      }
    } else if (ts.isCallExpression(node)) {
      const name = node.expression.getText(source);
      if (/^Notification\.\w+$/.test(name)) {
        words(node.arguments[0]);
      } else if (name.endsWith('.setAttribute') && READ.test((node.arguments[0] as ts.StringLiteral).text)) {
        words(node.arguments[1]);
      } else if (BUNDLE.test(name) && !ts.isStringLiteralLike(node.arguments[0])) {
        blame(node); // what is not written here, no catalogue has
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter(name => /\.tsx?$/.test(name));

test('every word that a person reads goes through the translator', () => {
  expect(files.length).toBeGreaterThan(50);
  const read = (name: string) => readFileSync(path.join(SOURCES, name), 'utf8');
  expect(files.flatMap(name => untranslated(path.join(SOURCES, name), read(name)))).toEqual([]);
});

test.each([
  '<p>Hello you</p>',
  '<p>{busy ? "Wait a little" : trans.__("Done")}</p>',
  '<p>{count > 0 && "some of them"}</p>',
  '<p>{`${count} of them`}</p>',
  '<button title="Close it" />',
  '<button aria-label={`Close ${name}`} />',
  '<input placeholder={hint || "such as this"} />',
  'button.title = "Not stored"',
  'node.setAttribute("aria-label", "Traces")',
  'Notification.info("This cell has asked nothing.")',
  'commands.addCommand(id, { label: "Show It" })',
  'commands.addCommand(id, { label: args => (args.short ? "" : "Show It") })',
  'trans.__(kind)'
])('words that do not are found: %s', line => {
  expect(untranslated('probe.tsx', `const one = () => { ${line.startsWith('<') ? `return ${line}` : line}; };`)).toHaveLength(1);
});
