// bittorrent-protocol codes extended handshakes with it; net/peer-wire.ts overrides that with our own strict coder.
const unused = () => {
  throw new Error('The bencode package is not in this bundle')
}
export default { encode: unused, decode: unused }
