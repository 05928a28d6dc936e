const config = { port: "80a" };

console.log("Checking the configuration.");
if (!Number.isInteger(Number(config.port))) {
  console.error(`"${config.port}" is no port number.`);
  process.exit(3);
}
