// What Node.js says of each chain that `serve_chains.py` serves: LINES, its output. Prints ID, a tab and the message,
// nothing where it accepts.
const tls = require("tls"), fs = require("fs");

async function ask([, host, port, roots]) {
  const servername = require("net").isIP(host) ? "" : host;
  const options = { port, host: "127.0.0.1", servername, ca: fs.readFileSync(roots) };
  options.checkServerIdentity = (_, certificate) => tls.checkServerIdentity(host, certificate);
  return new Promise((done) => {
    const socket = tls.connect(options, () => (socket.destroy(), done("")));
    socket.on("error", (error) => done(error.message.replaceAll("\n", " ")));
  });
}

(async () => {
  for (const line of fs.readFileSync(process.argv[2], "utf8").split("\n").filter((line) => line)) {
    const words = line.split(" ");
    console.log(words[0] + "\t" + (await ask(words)));
  }
})();
