/** Which swarms a connection may join: by the operator's lists, and by its token where the tracker is private. */
import type { WireId } from '../../src/protocol/tracker.ts'
import { type Grant, type TokenKey, verifyToken } from './tokens.ts'

export interface AccessLists {
  /** Swarms that may be joined, and no others. @default all */
  readonly allowedInfoHashes?: ReadonlySet<WireId> | undefined
  /** Swarms that may not be joined. @default none */
  readonly blockedInfoHashes?: ReadonlySet<WireId> | undefined
}

export interface AccessOptions extends AccessLists {
  /** Makes the tracker private: nobody connects or joins without a token of this key. @default open to all */
  readonly tokenKey?: TokenKey | undefined
}

/** Swarms remembered of one connection. */
const JOINED_MAX = 1_000

/** What one connection may do in a private tracker. */
export interface Pass {
  readonly grant: Grant
  /** Swarms it has joined, which outlive the token: it is for joining. */
  readonly joined: Set<WireId>
}

export class Access {
  readonly #tokenKey: TokenKey | undefined
  #lists: AccessLists

  constructor(options: AccessOptions) {
    this.#tokenKey = options.tokenKey
    this.#lists = options
  }

  get isPrivate(): boolean {
    return this.#tokenKey !== undefined
  }

  set lists(lists: AccessLists) {
    this.#lists = lists
  }

  /** A sentence: why there is no pass. Only for a private tracker. */
  async pass(token: string | undefined): Promise<Pass | string> {
    if (token === undefined) return 'This tracker is private: a token is needed.'
    const grant = await verifyToken(this.#tokenKey!, token)
    return typeof grant === 'string' ? grant : { grant, joined: new Set() }
  }

  /** A sentence: why this swarm is not served, to anybody. */
  refusal(infoHash: WireId): string | undefined {
    const { allowedInfoHashes, blockedInfoHashes } = this.#lists
    if (blockedInfoHashes?.has(infoHash)) return 'This tracker does not serve that torrent.'
    if (allowedInfoHashes && !allowedInfoHashes.has(infoHash)) return 'This tracker serves listed torrents only.'
    return undefined
  }

  /** A sentence: why who has this pass may not be in the swarm. Notes that it is, where it may. */
  joinRefusal(infoHash: WireId, pass: Pass | undefined): string | undefined {
    if (!this.isPrivate || pass?.joined.has(infoHash)) return undefined
    if (!pass) return 'This tracker is private: a token is needed.'
    const { until, infoHash: granted } = pass.grant
    if (until <= Date.now()) return 'The token has expired. Connect again with another.'
    if (granted !== undefined && granted !== infoHash) return 'The token is for another torrent.'
    // Who has forgotten some needs a token for them again, which is no harm; a bound there must be.
    if (pass.joined.size >= JOINED_MAX) pass.joined.clear()
    pass.joined.add(infoHash)
    return undefined
  }

  /** A sentence: why these swarms, or all, may not be counted for who has this pass. */
  scrapeRefusal(infoHashes: readonly WireId[] | undefined, pass: Pass | undefined): string | undefined {
    if (!this.isPrivate) return undefined
    const isOwn = (infoHash: WireId) => pass?.joined.has(infoHash) || pass?.grant.infoHash === infoHash
    return infoHashes?.every(isOwn) ? undefined : 'This tracker is private: only your own torrents are counted for you.'
  }
}
