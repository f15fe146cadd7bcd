-- A user's sockets on all nodes, each with its node and rooms. Replies: {socket, node, {rooms} …}.
return knownSockets()
