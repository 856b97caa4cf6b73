# Calls a hook tool of the engine over its Unix socket; the protocol is described in tool_client.py.
# No modules: perl-base is everywhere, and starts in two milliseconds.
use strict;
my ($AF_UNIX, $SOCK_STREAM, $SHUT_WR) = (1, 1, 1);

my $path = shift @ARGV;
my ($tool) = $path =~ m{([^/]+)$};
my @arguments = @ARGV;
my $stdin;

sub slurp {
    my ($name) = @_;
    local $/;
    my $file;
    if ($name eq "-") { $file = \*STDIN }
    else { open($file, "<", $name) or die "ERROR cannot read $name: $!\n" }
    binmode $file;
    my $text = <$file>;
    return defined $text ? $text : "";
}

for (my $i = 0; $i < @arguments; $i++) {
    last if $arguments[$i] eq "--";
    if ($arguments[$i] =~ /^(.*?)#file=(.*)$/s) {
        my ($key, $file) = ($1, $2);
        $arguments[$i] = "$key#hex=" . unpack("H*", slurp($file));
    }
    splice(@arguments, $i, 1, "--file", $1) if $arguments[$i] =~ /^--file=(.*)$/s;
    if ($arguments[$i] eq "--file" and $i + 1 < @arguments) {
        $stdin = slurp($arguments[$i + 1]);
        $arguments[$i + 1] = "-";
    }
}

my $request = join("\0", $ENV{JUJU_CONTEXT_ID}, defined $stdin ? "S" : "-", scalar(@arguments), $tool, @arguments, "");
$request .= $stdin if defined $stdin;

socket(my $socket, $AF_UNIX, $SOCK_STREAM, 0) or die "ERROR socket: $!\n";
connect($socket, pack("S a108", $AF_UNIX, $ENV{JUJU_AGENT_SOCKET_ADDRESS})) or die "ERROR cannot reach the agent: $!\n";
while (length $request) {
    my $sent = syswrite($socket, $request);
    defined $sent or die "ERROR cannot write to the agent: $!\n";
    substr($request, 0, $sent) = "";
}
shutdown($socket, $SHUT_WR);

my $reply = "";
while (sysread($socket, my $chunk, 65536)) { $reply .= $chunk }
$reply =~ s/^(\d+) (\d+) (\d+)\n// or die "ERROR the agent closed the connection\n";
my ($code, $out, $err) = ($1, $2, $3);
print STDOUT substr($reply, 0, $out);
print STDERR substr($reply, $out, $err);
exit $code;
