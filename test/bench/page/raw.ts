/** The ceiling: a bare RTCDataChannel from page to page, filled as fast as it takes. Served to pages as /raw.js. */

export interface RawTransfer {
  /** Bytes. */
  readonly length: number
  readonly messageBytes: number
  /** `bufferedAmount` up to which messages are sent. */
  readonly bufferBytes: number
}

let connection: RTCPeerConnection
let channel: RTCDataChannel
/** The receiving page learns of its channel a little after the sending one. */
let hasChannel: Promise<unknown>

/** The first page's half of the connection: an offer with all its candidates. */
export async function offer(): Promise<string> {
  connection = new RTCPeerConnection()
  channel = connection.createDataChannel('raw')
  await connection.setLocalDescription()
  return gathered()
}

/** The second page's half: an answer with all its candidates. */
export async function answer(sdp: string): Promise<string> {
  connection = new RTCPeerConnection()
  hasChannel = once(connection, 'datachannel').then(event => {
    channel = (event as RTCDataChannelEvent).channel
    channel.binaryType = 'arraybuffer'
    channel.addEventListener('message', ({ data }) => {
      if (data === 'ping') channel.send('pong')
    })
  })
  await connection.setRemoteDescription({ type: 'offer', sdp })
  await connection.setLocalDescription()
  return gathered()
}

/** Completes the connection on the first page; resolves when the channel is open. */
export async function connect(sdp: string): Promise<void> {
  const isOpen = once(channel, 'open')
  await connection.setRemoteDescription({ type: 'answer', sdp })
  await isOpen
}

/** On the receiving page: resolves when the channel is there. */
export async function isConnected(): Promise<void> {
  await hasChannel
}

/** Median of several round trips, in ms. */
export async function roundTripMs(): Promise<number> {
  const samples: number[] = []
  for (let i = 0; i < 9; i++) {
    const startedAt = performance.now()
    const pong = once(channel, 'message')
    channel.send('ping')
    await pong
    samples.push(performance.now() - startedAt)
  }
  return samples.sort((a, b) => a - b)[4]!
}

/** On the receiving page: time from the start mark to the last byte, in ms. Call before `send`. */
export async function receive(length: number): Promise<number> {
  await hasChannel
  return new Promise(resolve => {
    let received = 0
    let startedAt = 0
    const take = ({ data }: MessageEvent): void => {
      if (data === 'start') startedAt = performance.now()
      else if (typeof data !== 'string') received += data.byteLength
      if (received < length) return
      channel.removeEventListener('message', take)
      resolve(performance.now() - startedAt)
    }
    channel.addEventListener('message', take)
  })
}

export async function send({ length, messageBytes, bufferBytes }: RawTransfer): Promise<void> {
  const message = new Uint8Array(messageBytes)
  for (let i = 0; i < messageBytes; i += 65_536) crypto.getRandomValues(message.subarray(i, i + 65_536))
  channel.bufferedAmountLowThreshold = bufferBytes / 2
  channel.send('start')
  for (let sent = 0; sent < length; ) {
    if (channel.bufferedAmount >= bufferBytes) await once(channel, 'bufferedamountlow')
    const next = Math.min(messageBytes, length - sent)
    channel.send(message.subarray(0, next))
    sent += next
  }
}

async function gathered(): Promise<string> {
  while (connection.iceGatheringState !== 'complete') await once(connection, 'icegatheringstatechange')
  return connection.localDescription!.sdp
}

function once(target: EventTarget, event: string): Promise<Event> {
  return new Promise(resolve => target.addEventListener(event, resolve, { once: true }))
}

declare global {
  var raw: {
    offer: typeof offer
    answer: typeof answer
    connect: typeof connect
    isConnected: typeof isConnected
    roundTripMs: typeof roundTripMs
    receive: typeof receive
    send: typeof send
  }
}

globalThis.raw = { offer, answer, connect, isConnected, roundTripMs, receive, send }
