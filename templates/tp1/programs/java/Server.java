import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

/** TP1: a TCP server that talks with one client, line by line, in turns. */
public class Server {
    static final int PORT = 7999;

    public static void main(String[] words) throws IOException {
        try (ServerSocket server = new ServerSocket(PORT)) { // on all addresses of this machine
            System.out.println("TP1 Server");
            System.out.println("Listening ...");
            try (Socket connection = server.accept()) {
                System.out.println("Connected by : " + connection.getRemoteSocketAddress());
                talk(connection);
            }
        }
    }

    static void talk(Socket connection) throws IOException {
        BufferedReader operator = new BufferedReader(new InputStreamReader(System.in, "UTF-8"));
        // TCP carries bytes, not messages: readLine() reads on to the end of the line.
        BufferedReader client = new BufferedReader(new InputStreamReader(connection.getInputStream(), "UTF-8"));
        PrintStream toClient = new PrintStream(connection.getOutputStream(), true, "UTF-8");
        String prompt = "server@" + InetAddress.getLocalHost().getHostName() + ":" + PORT + "$ ";
        String last = "";
        String message;
        while ((message = client.readLine()) != null) {
            if (message.equals("exit")) {
                toClient.print(last + "\n");
                toClient.flush();
                client.readLine(); // the client closes first: TIME_WAIT stays on its side, and the port is free at once
                return;
            }
            System.out.println("from client '" + message + "'");
            last = message;
            System.out.print(prompt);
            String answer = operator.readLine();
            if (answer == null) return; // Ctrl-D
            toClient.print(answer + "\n");
            toClient.flush();
        }
        System.out.println("The client has gone");
    }
}
