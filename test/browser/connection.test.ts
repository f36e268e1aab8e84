/** The contract of connections, over WebRTC of browsers, on simple-peer as the bundle has it. */
import { connectionContract } from '../contract/connection.ts'
import { connectedPair } from '../contract/loopback.ts'

for (const trickle of [true, false]) {
  connectionContract(`WebRTC, ${trickle ? 'trickling' : 'candidates in the offer'}`, {
    connect: ({ v2 }) => connectedPair({ trickle, greetings: [{ v2: v2[0] }, { v2: v2[1] }] }),
  })
}
