/**
 * The names that a bundle leaves open: where each stands, and from which others it must differ.
 *
 * Terser gives every variable a name of its own, from PLACEHOLDERS, and inner properties theirs behind a `$`. So it is plain what is
 * meant by each, and the scope of a variable is the smallest that holds all places of its name.
 */
import { parse } from 'acorn'

/** Names for variables and private members, each another one. Terser gets a copy of this, so it refers to nothing else. */
export const PLACEHOLDERS = {
  count: 0,
  get() {
    return `$${this.count++}`
  },
}

/** Nodes that variables may be declared for. The block that is the body of a function, or of `catch`, has its scope. */
const SCOPES =
  /^(?:Program|Function\w+|ArrowFunctionExpression|StaticBlock|BlockStatement|For\w*Statement|SwitchStatement|CatchClause)$/
const WITH_A_BODY = /^(?:Function\w+|ArrowFunctionExpression|CatchClause)$/

/** What a variable is declared for, or what has members. */
class Scope {
  /** All that is used here or further in. */
  names = new Set()

  constructor(parent = null, isGlobal = false) {
    this.parent = parent
    this.depth = parent === null ? 0 : parent.depth + 1
    this.isGlobal = isGlobal
  }
}

class OpenName {
  /** Where it stands: `start` and `end`. */
  places = []
  /** Those that must not be called the same. */
  rivals = new Set()
  /** What it is called. */
  text = ''
  /** The smallest scope that holds all places. */
  home = null
  #scopes = new Set()

  add(start, end, scope) {
    this.places.push({ start, end })
    this.#scopes.add(scope)
    this.home = this.home === null ? scope : commonScope(this.home, scope)
  }

  /** Tells all scopes that see it that they do. */
  spread() {
    this.home.names.add(this)
    for (let scope of this.#scopes) for (; scope !== this.home; scope = scope.parent) scope.names.add(this)
  }
}

/** All open names of a bundle. */
export class OpenNames {
  /** What else stands in the code: other names, and strings, by which a property could be looked up. */
  taken = new Set()
  #names = new Map()
  /** Nobody knows which properties meet in an object, so that all are rivals. */
  #properties = new Scope()

  constructor(code) {
    this.#visit(parse(code, { ecmaVersion: 'latest', sourceType: 'module' }), {})
    for (const name of this.all) name.spread()
    for (const name of this.all) {
      for (const other of name.home.names) if (other !== name) name.rivals.add(other)
      for (const other of name.rivals) other.rivals.add(name)
    }
  }

  get all() {
    return [...this.#names.values()]
  }

  /** Looks for names in a node. `members` is the class that it is in, which private members belong to. */
  #visit(node, { parent, scope, members }) {
    const { type, name, value, start, end } = node
    if (type === 'Literal') this.taken.add(String(value))
    if (type === 'PrivateIdentifier') this.#add(`${members.id} ${name}`, start + 1, end, members.scope)
    if (type === 'Identifier') {
      if (!name.startsWith('$')) this.taken.add(name)
      else if (isMember(parent, node)) this.#add(`.${name}`, start, end, this.#properties)
      else this.#add(name, start, end, scope)
    }
    if (type === 'ClassBody' && members !== undefined)
      throw new Error('a class in a class: their members are not told apart')
    const hasScope = SCOPES.test(type) && !(type === 'BlockStatement' && WITH_A_BODY.test(parent.type))
    const inside = {
      parent: node,
      scope: hasScope ? new Scope(scope, type === 'Program') : scope,
      members: type === 'ClassBody' ? { id: start, scope: new Scope() } : members,
    }
    for (const child of Object.values(node).flat()) {
      if (typeof child?.type !== 'string') continue
      // The name of a function that is declared is for what is around it.
      const isOutside = type === 'FunctionDeclaration' && child === node.id
      this.#visit(child, isOutside ? { ...inside, scope } : inside)
    }
  }

  #add(key, start, end, scope) {
    const name = this.#names.get(key) ?? new OpenName()
    this.#names.set(key, name)
    name.add(start, end, scope)
  }
}

/** Whether an identifier is not a variable but what a member is called. */
function isMember({ type, computed, shorthand, key, property }, node) {
  if (shorthand) throw new Error(`${node.name} is a variable and a property`)
  return !computed && node === (type === 'MemberExpression' ? property : key)
}

/** The smallest scope that holds both. */
function commonScope(one, other) {
  if (one === other) return one
  return one.depth >= other.depth ? commonScope(one.parent, other) : commonScope(one, other.parent)
}
