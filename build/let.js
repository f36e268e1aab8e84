/**
 * `let` for `const`, which runs alike and is compressed better: terser joins more declarations, and fewer are spelled in two
 * ways. A blank for each letter that is saved, so that source maps stay right.
 */
import { parse } from 'acorn'
import { nodesOf } from './simple-peer.js'

/** A rollup plugin that does it before the code is minified. */
export function letForConst() {
  return {
    name: 'let-for-const',
    renderChunk(code) {
      const declarations = nodesOf(parse(code, { ecmaVersion: 'latest', sourceType: 'module' })).filter(
        ({ type, kind }) => type === 'VariableDeclaration' && kind === 'const',
      )
      const replace = (text, { start }) => `${text.slice(0, start)}let  ${text.slice(start + 'const'.length)}`
      return { code: declarations.reduce(replace, code), map: null }
    },
  }
}
