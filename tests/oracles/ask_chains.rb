# What Ruby's Net::HTTP says of each chain that `serve_chains.py` serves: LINES, its output. Prints ID, a tab and the
# message, nothing where it accepts.
require "net/http"

File.foreach(ARGV[0]) do |line|
  id, host, port, roots = line.split
  begin
    http = Net::HTTP.new(host, port)
    http.ipaddr = "127.0.0.1"
    http.use_ssl = true
    http.ca_file = roots
    http.max_retries = 0
    http.get("/")
    said = ""
  rescue StandardError => error
    said = error.message.tr("\n", " ")
  end
  puts "#{id}\t#{said}"
end
