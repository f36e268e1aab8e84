/** A WebSocket text frame (RFC 6455, 5.2), unmasked as servers send it, header and all in one buffer: one write instead of two. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const start = length < 126 ? 2 : length < 0x10000 ? 4 : 10
  const frame = Buffer.allocUnsafe(start + length)
  frame[0] = 0x81
  if (start === 2) frame[1] = length
  else if (start === 4) {
    frame[1] = 126
    frame.writeUInt16BE(length, 2)
  } else {
    frame[1] = 127
    frame.writeUIntBE(0, 2, 4)
    frame.writeUInt32BE(length, 6)
  }
  frame.write(text, start)
  return frame
}
