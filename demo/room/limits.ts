/** What a room accepts, from its own people and from strangers: a figure each, with its reason. */
export const ROOM_LIMITS = {
  /** People in a room, oneself among them. All hear all: what each says passes everybody. */
  membersMax: 64,
  /** Whoever said nothing for so long is gone; heartbeats come three times as often. */
  silenceMs: 30_000,
  heartbeatMs: 10_000,
  /** After the connection to a member ended: if it is still there its next heartbeat comes another way. */
  doubtMs: 12_000,
  /** More than this between two looks at the clock: it was this page that slept, not the others that were silent. */
  sleptMs: 15_000,
  /** Between two notices of a tracker that goes away: it must not push the talk out of the log. */
  noticeMs: 60_000,
  /** What the log keeps, and what of it those who come later are told. */
  entriesMax: 500,
  historyLinesMax: 50,
  filesMax: 100,
  filesPerMemberMax: 20,
  /** Bytes of a line in UTF-8. */
  textBytesMax: 4096,
  /** Code points of a person's name, and of a file's. */
  nameLengthMax: 40,
  titleLengthMax: 200,
  /** Bytes of what is signed: the longest line with all that JSON must escape, and a name. */
  bodyBytesMax: 10_240,
  /** Bytes of one message on a connection: below the least that all data channels take whole. */
  frameBytesMax: 12_288,
  /** Lines and files that a member may say at once and a second; on the way they may draw together, so less of one's own. */
  posts: { burst: 16, perSecond: 3 },
  ownPosts: { burst: 8, perSecond: 1.5 },
  presences: { burst: 8, perSecond: 1 },
  /** Messages of one connection before any is checked: checking a signature costs a fifth of a millisecond. */
  frames: { burst: 500, perSecond: 100 },
  /** Told to a newcomer by one connection: all people, lines and files that there can be. */
  pastMax: 64 + 50 + 100,
  /** Numbers of a member's posts that are told apart; older ones are not news. */
  numbersMax: 1024,
  /** People whose numbers are remembered, there or gone. */
  sendersMax: 1024,
  /** Signatures that were checked lately: the same message comes from every neighbour. */
  signaturesMax: 4096,
  /** Connections that one looks for, and that one has at most. A random graph of this degree holds together. */
  dialsMax: 6,
  linksMax: 24,
  /** Bytes that wait to be sent to, or to be read from, one connection: some three times what a newcomer is told. */
  queueBytesMax: 1024 * 1024,
  /** From the first signal to an open channel, and from there to the proof that the other side has the key. */
  openTimeoutMs: 20_000,
  proofTimeoutMs: 10_000,
  /** How long leaving waits for its last word to go out. */
  farewellMs: 1_000,
} as const
