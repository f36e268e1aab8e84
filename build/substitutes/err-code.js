// simple-peer gives its errors codes; net/channel.ts passes on what they say.
export default error => error
