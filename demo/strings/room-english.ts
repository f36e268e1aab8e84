/** Every word that only the page of rooms has; `english.ts` has those that it shares with the share page, and says how they are written. */
import type { Text } from './english.ts'

export type RoomStringKey = keyof typeof ROOM_ENGLISH
export type RoomStrings = Readonly<Record<RoomStringKey, Text>>

export const ROOM_ENGLISH = {
  pageTitle: 'Shoal – a room to meet in',
  titleCount: '({n}) {title}',
  back: 'Share files by a link instead',
  // Before
  newHeading: 'Meet in a room.',
  newLead:
    'See who is there, talk, and drop files for everyone. All of it goes from browser to browser; no server can read it.',
  open: 'Open a room',
  invitedHeading: 'You are invited to a room.',
  join: 'Join',
  yourName: 'Your name',
  nameHint: 'People in the room see it. This browser remembers it.',
  addressNotice: 'People in the room connect directly to this device, and can see its IP address.',
  linkCut: 'That link is not complete. Ask whoever invited you for it again, or open a room of your own.',
  joining: 'Joining…',
  // Inside
  heading: 'Room',
  roomLink: 'Link to this room',
  linkHint: 'Whoever has the link can come in and read along. Send it as carefully as you would send a key.',
  peopleHeading: 'People',
  alone: 'Nobody else is here yet. Send somebody the link.',
  company: { one: 'You and {n} other are here.', other: 'You and {n} others are here.' },
  connecting: { one: '{n} other is here. Connecting…', other: '{n} others are here. Connecting…' },
  reaching: 'Reaching the meeting point…',
  you: 'you',
  status: 'Your status',
  here: 'here',
  away: 'away',
  busy: 'busy',
  nameless: 'Somebody',
  // Talk
  talkHeading: 'Chat',
  talkEmpty: 'Nothing has been said yet.',
  message: 'Message',
  send: 'Send',
  tooFast: 'That was too fast. Wait a moment, and send it again.',
  joined: '{name} joined.',
  left: '{name} left.',
  dropped: '{name} shares {title}.',
  shutdown: {
    one: 'The meeting point restarts within {n} second. The room goes on; nobody new can join meanwhile.',
    other: 'The meeting point restarts within {n} seconds. The room goes on; nobody new can join meanwhile.',
  },
  // Files
  filesHeading: 'Files',
  filesLead: 'Drop files anywhere on this page, and everybody here can download them while you stay.',
  preparing: 'Preparing {title}…',
  from: 'from {name}',
  fromYou: 'from you',
  moreFiles: { one: '{n} file', other: '{n} files' },
  download: 'Download',
  downloadOf: 'Download {title}',
  saveOf: 'Save {title}',
  cancelOf: 'Cancel {title}',
  lookingFor: 'looking for {name}…',
  arriving: '{percent} · {rate}',
  arrived: 'arrived and verified',
  ownFile: 'shared while this tab is open',
  cannotShare: 'The room has no place for more files.',
  // Leaving, and what goes wrong
  leave: 'Leave',
  leftHeading: 'You have left the room.',
  joinAgain: 'Join again',
  full: 'The room is full: {n} people are in it.',
  fullOffer: 'This page keeps trying, and goes in when somebody leaves.',
  trackerDown: "Can't reach the meeting point. Who is here stays connected; nobody new can join.",
  unreachable: {
    one: "Found {n} person, but your networks can't connect directly.",
    other: "Found {n} people, but your networks can't connect directly.",
  },
} as const
